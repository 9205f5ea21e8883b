from django.db import migrations


def forget_when(apps, schema_editor):
    """Answers to cards that were asked again kept the moment at which they had not settled."""
    answers = apps.get_model("labelgame", "Answer").objects
    answers.filter(settled_as="", settled_at__isnull=False).update(settled_at=None)


class Migration(migrations.Migration):
    dependencies = [("labelgame", "0004_after_the_guess")]

    operations = [migrations.RunPython(forget_when, migrations.RunPython.noop)]
