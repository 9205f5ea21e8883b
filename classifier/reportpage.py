"""A version's report as a page that a manager can read: in the admin, and as a file to send."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from classifier import charts

PAGE = "classifier/_report.html"
FILE = "classifier/report_file.html"
STYLES = "classifier/report.css"


def context_of(
    report: Mapping[str, Any], *, checks: Mapping[str, Any], name: str, made_at: object = None
) -> dict[str, Any]:
    """What the templates draw. `checks`: the gate's verdict as ModelVersion keeps it."""
    questions = report.get("questions", {})
    return {
        "name": name,
        "made_at": made_at,
        "report": report,
        "checks": checks,
        "headline": headline(report),
        "questions": [
            {
                "name": question,
                "figures": figures,
                "labels": charts.labels(figures),
                "confusion": charts.confusion(figures),
                "reliability": charts.reliability(figures, question),
            }
            for question, figures in questions.items()
            if figures.get("rows")
        ],
        "curve": charts.decided_curve(report),
        "compared": charts.compared(report) if report.get("compared") else [],
        "trends": charts.learning(report),
        "slices": [
            (title, bars)
            for key, title in (("slice", "Kinds of reply"), ("variety", "Dialects and languages"))
            if (bars := charts.slices(report, key))
        ],
        "gap": report.get("gap"),
        "varieties": charts.from_plain_to_worst(report),
        "worst": report.get("worst", []),
        "rising": report.get("learning_curve") and report["learning_curve"]["rising"],
    }


def headline(report: Mapping[str, Any]) -> str:
    """The one sentence for who reads no other."""
    decided = report.get("decided")
    if not decided or decided["right"] is None:
        return ""
    sure, right = 100 * decided["share"], 100 * decided["right"]
    acted = 100 * decided.get("acted", decided["share"])  # older reports do not tell them apart
    return (
        f"Of 100 replies it would be sure of {sure:.0f}, and {right:.1f} % of those rightly. It"
        f" would act on {acted:.0f} by itself; the other {100 - acted:.0f} go to people."
    )


def as_json(
    report: Mapping[str, Any], *, checks: Mapping[str, Any], name: str, made_at: datetime
) -> str:
    """All that was measured, for who computes on with it."""
    whole = {"name": name, "made_at": made_at.isoformat(), "checks": checks, "report": report}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_file(
    report: Mapping[str, Any], *, checks: Mapping[str, Any], name: str, made_at: object = None
) -> str:
    """The page with all it needs, in one file that a browser opens from anywhere."""
    found = finders.find(STYLES)
    if not isinstance(found, str):
        raise FileNotFoundError(f"{STYLES} is not among the static files.")
    context = context_of(report, checks=checks, name=name, made_at=made_at)
    return render_to_string(FILE, context | {"styles": Path(found).read_text(encoding="utf-8")})
