from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("webhooks", "0006_deliveries_in_flight"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="is_contested",
            field=models.BooleanField(
                default=False, help_text="Somebody said that it was read wrongly."
            ),
        ),
    ]
