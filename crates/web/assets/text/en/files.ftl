# Files as evidence.
case-files = Photos or PDF
case-files-hint = Up to { $count }, each at most { $size } MB. Place and device data are taken out of photos, not of a PDF, which the reporter does not see.
field-bad-file = Only JPEG, PNG and WebP photos and PDF are taken
file-kilobytes = { $size } kB
document-open = Open
document-save = Save
document-here = Show it here
document-as-is = Kept as it was sent, with author, times and the like; the reporter does not see it
field-file-damaged = This file cannot be opened: choose another
