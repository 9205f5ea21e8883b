from django.db import migrations, models

KINDS = [
    ("vote", "counts"),
    ("gold", "a hidden check"),
    ("repeat", "asked again, to see whether they answer the same"),
    ("late", "came when others had already answered, or after the model's guess was seen"),
]


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
        migrations.AddField(
            model_name="questionstate",
            name="reserve",
            field=models.JSONField(default=dict),
        ),
    ]
