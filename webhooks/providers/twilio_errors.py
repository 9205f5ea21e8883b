"""Twilio's error codes in a few words: those that say something of a text, its webhook or its
sender. Any other stays a number, which https://www.twilio.com/docs/api/errors/<code> explains.

They come with receipts of texts that failed, and with texts that took the fallback URL.
"""

from collections.abc import Mapping

ERRORS: Mapping[str, str] = {
    # Why a text took the fallback URL: what became of the call before
    "11200": "the webhook answered with an error",
    "11205": "the webhook did not answer in time",
    "11210": "the webhook's host is wrong",
    "11215": "the webhook redirected too often",
    "11220": "no TLS connection to the webhook",
    "11235": "the webhook's certificate does not hold",
    "11236": "the webhook's certificate does not hold",
    "11237": "the webhook's certificate does not hold",
    "12100": "the webhook's answer is no XML",
    "12200": "the webhook's answer is no TwiML",
    "12300": "the webhook's answer has the wrong Content-Type",
    "57012": "the signature was called invalid",
    # Why a text of ours was not sent
    "14107": "too many texts to one number: a loop of replies?",
    "20429": "too many requests at once",
    "21610": "this person opted out",
    "21611": "the queue of this sender is full",
    "21614": "not a mobile number",
    "21617": "longer than 1,600 characters",
    "30001": "the queue overflowed",
    "30002": "the account is suspended",
    "30022": "more than the campaign may send per second (10DLC)",
    "30023": "more than the campaign may send per day (10DLC)",
    "30032": "this toll-free number is not verified",
    "63016": "WhatsApp: 24 hours since their last message are over",
    "63018": "too many texts on this channel",
    # Why one that was sent did not arrive
    "30003": "handset not reached",
    "30004": "blocked",
    "30005": "no such handset",
    "30006": "a landline, or a carrier that cannot be reached",
    "30007": "filtered by the carrier",
    "30008": "the carrier does not say why",
}
