# How somebody is told, and mail.
settings-title = How you are told
settings-back = Back to the inbox
settings-link = Settings
settings-mail = Mail
settings-no-mail = No mail server is set for this installation, so no mail is sent. What you enter is used once an administrator has set one.
settings-address = Mail address
settings-address-hint = Nothing is sent there before you confirm the address by the code that it gets. Saved empty, no more mail is sent. Mails hold the number and a link, never the text.
settings-language = Language of mails
settings-chinese = Chinese
settings-english = English
settings-hour = Hour of the daily digest
settings-save = Save
settings-again = Send the code again
settings-code = The 8 digits from the mail
settings-confirm = Confirm the address
settings-confirmed = Confirmed
settings-unconfirmed = To be confirmed: a code was sent there
settings-no-address = This is no mail address. One looks like name@example.org.
settings-too-soon = A code was sent just now. Please try again in a minute.
settings-wrong-code = The code is not right, or was tried too often. You can have it sent again.
settings-ways = How I am told
settings-ways-hint = Everything stands in the inbox. To be told by mail or in a digest you need a confirmed address.
settings-all-mail = All mail, for administrators
settings-waiting = Waiting
settings-dead = Given up
settings-retry = Send all again
way-page = In the inbox only
way-mail = By mail, at once
way-digest = In a daily digest
mail-confirm-subject = Confirm your address
mail-confirm-text = Somebody entered this address in their settings. If it was you, enter this code there: { $code }

    If it was not you, you need not do anything, and get no more mail.
mail-digest-subject = Today's digest: { $count }
mail-digest-head = Unread notifications: { $count }
mail-foot = Sent by Bihuan. Please do not answer.
mail-foot-settings = To get no more of these, or to be told otherwise: { $href }
