from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("classifier", "0006_examples_in_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="example",
            name="contested_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When somebody last said that it was read wrongly.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="example",
            index=models.Index(
                condition=models.Q(("contested_at__isnull", False)),
                fields=["contested_at"],
                name="examples_contested_of_late",
            ),
        ),
    ]
