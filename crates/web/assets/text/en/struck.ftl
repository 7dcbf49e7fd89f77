# What was struck off lately.
area-struck-off = Struck off
struck-title = Struck off lately
struck-lead = Each was verified by somebody outside the unit that did it, and its reporter was answered. Only category, unit and time are listed; what reporters wrote is not published, and pictures only where they allow it.
struck-took = took { $span }
struck-satisfied = reporter said: solved
struck-unsatisfied = reporter said: not solved
struck-heard = On this page, reporters said “solved” of { $solved }, “not solved” of { $unsolved }, and nothing of { $silent }.
struck-reopened = handled again
struck-late = after its deadline
struck-none = Nothing struck off to be shown yet
struck-none-todo = What is fixed, verified and answered is listed here.
struck-all = See all
