from django.urls import path

from labelgame.views import desk, mine, people, play, practice, review

app_name = "labelgame"
urlpatterns = [
    # playing
    path("", play.card, name="card"),
    path("answer/", play.answer, name="answer"),
    path("undo/", play.undo, name="undo"),
    path("leak/", play.leak, name="leak"),
    path("put-back/", play.put_back, name="put_back"),
    path("still/", play.still, name="still"),
    path("round/", play.new_round, name="new_round"),
    path("round/<uuid:public_id>/", play.round_, name="round"),
    path("practice/", practice.practice, name="practice"),
    # what a player sees of it
    path("rules/", mine.rules, name="rules"),
    path("me/", mine.me, name="me"),
    path("me/profile/", mine.profile, name="profile"),
    path("me/days-off/", mine.day_off, name="day_off"),
    path("contest/<int:pk>/", mine.contest, name="contest"),
    path("boards/", mine.boards, name="boards"),
    # coming in, and who is in
    path("sign-in/", people.sign_in, name="sign_in"),
    path("sign-out/", people.sign_out, name="sign_out"),
    path("join/<str:token>/", people.join, name="join"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<int:pk>/withdraw/", people.withdraw, name="withdraw"),
    path("people/<uuid:public_id>/", people.person, name="person"),
    # running it
    path("settings/", desk.settings, name="settings"),
    path("agreement/", desk.agreement, name="agreement"),
    path("review/", review.review, name="review"),
    path("review/gaps/<int:pk>/written/", review.gap_written, name="gap_written"),
    path("review/<int:pk>/", review.review_item, name="review_item"),
    path("review/<int:pk>/raw/", review.raw, name="raw"),
]
