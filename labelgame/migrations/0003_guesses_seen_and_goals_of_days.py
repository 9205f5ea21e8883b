from django.db import migrations, models

KINDS = [
    ("vote", "counts"),
    ("gold", "a hidden check"),
    ("repeat", "asked again, to see whether they answer the same"),
    ("late", "came when others had already answered, or after the model's guess was seen"),
]


def keep_goals(apps, schema_editor):
    """Past days stay as their players see them now: judged by the goal of today."""
    goals = apps.get_model("labelgame", "Player").objects.filter(pk=models.OuterRef("player"))
    days = apps.get_model("labelgame", "PlayedDay").objects
    days.update(goal=models.Subquery(goals.values("daily_goal")))


class Migration(migrations.Migration):

    dependencies = [
        ("labelgame", "0002_turns_of_the_first_question"),
    ]

    operations = [
        migrations.AlterField(
            model_name="answer",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AlterField(
            model_name="offer",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AlterField(
            model_name="poll",
            name="why_review",
            field=models.CharField(
                blank=True,
                choices=[
                    ("split", "players are divided"),
                    ("shifted", "the labels shifted all at once"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="questionstate",
            name="reserve",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="playedday",
            name="goal",
            field=models.PositiveSmallIntegerField(default=10),
        ),
        migrations.RunPython(keep_goals, migrations.RunPython.noop),
    ]
