# The pages of a report.
report-leaves = Steps of a report
report-leaf-what = What happened
report-leaf-where = Where, photos
report-leaf-contact = How to reach you
report-leaf-check = Check and send
report-next = Next
report-back = Back
report-kept-hint = “Next” keeps this page, encrypted, for two hours; nothing stays on your device.
report-check-lead = After sending you can still add to it with your code.
report-change = Change
report-discard = Do not report; delete what I wrote
report-begun = You have a report on this device that is not sent yet
report-go-on = Go on with the one saved at { $time }
report-gone = What you wrote before is gone: it is deleted when nobody goes on for two hours, or you deleted it. Please write it again.
report-sent-already = That report was sent already. To see it choose “Follow a report” above; below you can report something else.
report-no-room = Too many people are writing at the moment for each step to be kept. All you wrote is below: please finish it on this page and send it.
report-photo-kept = Photo { $number }, { $size } kB, kept
report-photo-remove = Remove
report-photos-count = { $count ->
    [0] No photos
    [one] One photo
   *[other] { $count } photos
}
report-photos-gone = the photos chosen before are gone; please choose them again
receipt-qr = QR code of the page to follow it
receipt-qr-hint = Scan it, or open this address and type the code:
receipt-raised = Taken in
receipt-next = What happens next
receipt-next-handled = A named unit handles it:
receipt-next-verified = Somebody outside that unit verifies the fix.
receipt-next-answered = You are told the result; if it is not solved, it is handled again.
