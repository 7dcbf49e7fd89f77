# How events are told. Names come from the data, sentences from here.
list-comma = {", "}
date = { $year }-{ $mm }-{ $dd }
moment = { $date } { $time }
limit-working-days = { $count ->
    [one] 1 working day
   *[other] { $count } working days
}
limit-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
limit-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}
clock-left = { $span } left
clock-over = { $span } overdue
clock-met = met in time
clock-met-late = met late
clock-paused = paused
citation = { $instrument }, art. { $article }
citation-example = { $cited } (example)
by-person = { $unit } · { $person }
by-reporter = Reporter
by-you = You
by-system = System
by-import = Import
event-raised = Registered as { $kind }; it came by { $channel }.
event-classified = Put into “{ $category }”.
event-severity-raised = Severity raised from { $from } to { $to }.
event-downgraded = Severity lowered from { $from } to { $to }.
event-assigned = Assigned to { $unit }.
event-assigned-co = Assigned to { $unit }, together with { $co }.
event-transferred = Passed from { $from } to { $to }.
event-returned = { $unit } gave it back; it waits to be assigned again.
event-disputed = { $unit } disputes the assignment.
event-disputed-proposed = { $unit } disputes the assignment and proposes { $proposed }.
event-dispute-upheld = The dispute is upheld; { $unit } is responsible.
event-dispute-dismissed = The dispute is dismissed; { $unit } stays responsible.
event-responsibility-absorbed = Another case was merged into this one; its units count for independence too.
event-step = { $step }: now “{ $state }”.
event-clock-started = “{ $clock }” runs, due { $date }.
event-clock-paused = “{ $clock }” stands still.
event-clock-resumed = “{ $clock }” runs again, due { $date }.
event-clock-extended = “{ $clock }” extended by approval to { $date }.
event-clock-recomputed = By the new calendar “{ $clock }” is due { $date }.
event-clock-stopped = “{ $clock }” was met.
event-clock-warned = “{ $clock }” is near its end.
event-clock-breached = “{ $clock }” ran out; it was due { $date }.
event-evidence-before = Evidence from before the fix was added.
event-evidence-after = Evidence from after the fix was added.
event-evidence-other = Material was added.
event-evidence-withdrawn = A piece of evidence was withdrawn.
event-commented = Left a remark.
event-reporter-asked = The reporter was asked.
event-reporter-replied = The reporter wrote.
event-answered = The reporter was answered ({ $way }).
event-solved = The reporter says: it is solved.
event-not-solved = The reporter says: it is not solved.
event-verified = { $unit } verified the fix.
event-verification-failed = { $unit } found no fix; it is handled again.
event-published = Made public until { $date }.
event-finder-consented = The finder agrees.
event-struck-off = Struck off: fixed, verified, answered.
event-ended-answered = The question was answered; closed.
event-ended-refused = Not taken up; the reason and the way to object were given.
event-ended-withdrawn = Withdrawn by the reporter.
event-ended-handed-over = Handed over to another organ, which gave a receipt.
event-ended-merged = Merged into another case.
event-ended-imported = Closed in the system it came from.
event-reopened = Taken up again.
event-looked-back-held = Looked back: the fix held.
event-looked-back-failed = Looked back: the problem is back; it is handled again.
event-linked-duplicate = It is the same problem as another case.
event-linked-part = It is a part of another case.
event-linked-recurrence = It is a struck-off problem come back.
event-split = Split into { $count } cases.
event-merged = Merged into another case.
event-registration-corrected = The registration was corrected.
event-identity-read = The reporter's identity was read, for this reason.
event-body-erased = A text was erased by rule.
event-pack-changed = Judged by version { $version } of its policy pack from now on.
way-receipt-page = on the receipt page
way-phone = by telephone
way-letter = by letter
way-email = by e-mail
way-in-person = face to face
clock-due = due { $date }
clock-provisional = provisional until the calendar is published
phase-raise = Intake
phase-accept = Acceptance
phase-act = Handling
phase-verify = Verification
phase-answer = Answer
phase-closed = Closure
phase-watch = Look-back
brief = { $month }-{ $day } { $time }
brief-year = { $year }-{ $month }-{ $day } { $time }
event-instructed-deploy = Set the work in motion.
event-instructed-ask = Asked how it stands.
event-instructed-coordinate = Stepped in to bring the units together.
event-instructed-supervise = Put the case under supervision.
event-instructed-urge = Sent a reminder.
