# The tour of a demo.
tour-title = What to try here
tour-other = Be somebody else
tour-keys = All keys
tour-off = Hide this
tour-handle = Open what is due first, add a photo from after the fix, and submit it for verification.
tour-assign = Pass a new message on: the unit is suggested from the duties. Or choose several lines and do it at once.
tour-register = Press g and r, type a call and watch what is suggested; similar cases appear beside it.
tour-verify = Verify a fix with a finding, or send it back; then strike it off and see the seal.
tour-identity = Open a reporter's sealed identity: it asks for a reason, and the look stays in the timeline.
tour-admin = Bring units and people in from a spreadsheet and see who is missing on the way to a strike-off.
tour-instruct = Take a case up with one tap and a sentence; it stands on the unit's desk at once.
tour-answer = Tell a reporter the result, word for word, and see on their page what they then can say.
tour-export = Filter the ledger, for example by overdue, and take the list along as a workbook.
