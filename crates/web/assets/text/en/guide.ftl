# What happens, and help.
area-how = What happens
area-help = Help
how-title = What happens to a report
how-lead = The steps and limits below come straight from the rules in use, each with its source; what is marked as an example is one, and local rules come first.
how-kinds = Kinds of report
how-whole = { $kind }: all of it
how-source = Procedure: { $source }
how-longer = (at most { $limit } more, if approved)
how-independent = Whether it is fixed is verified by somebody outside the unit that did it. No unit that ever handled it may verify it.
how-answer = You are told the result once it is verified. If you say that it is not solved, it cannot be struck off and is handled again.
how-silence = If you say nothing for { $days ->
    [one] one day
   *[other] { $days } days
} after the answer, that counts as no objection.
how-published = The result is published for at least { $days ->
    [one] one working day
   *[other] { $days } working days
}; objections can be raised meanwhile.
how-by-you = you, with your code
how-by-timer = by itself when the time is over
how-by-finder = whoever found the problem
how-by-responsible = the responsible unit
how-by-independent = somebody outside that unit
how-by-answering = whoever answers
how-by-supervising = supervisors
how-by-desk = intake and dispatch
how-ends = How it may end
how-end-struck-off = Struck off: fixed, verified by others, answered, sealed and filed; it is looked back at later.
how-end-answered = Answered: a question ends with its answer.
how-end-refused = Refused: with a reason, a notice to you and a way to object.
how-end-withdrawn = Withdrawn: by you alone.
how-end-handed-over = Handed over: to another organ, with its receipt.
help-title = Help
help-lead = In plain words. If something stays unclear call the hotline, or read it together with somebody you trust.
help-what = What can I report here?
help-what-answer = Whatever public bodies should take care of and do not: requests for help, complaints, suggestions, questions. Say what it is and where; no account, no log-in.
help-name = Do I have to give my name?
help-name-answer = No. “Anonymous” needs nothing. If you do leave a name or telephone number, they are encrypted and kept apart; every look at them needs a reason and is recorded, and you see how often it happened.
help-code = What is the code?
help-code-answer = Letters and digits that you get after sending. With them you see how far it is, answer questions and say whether it is really solved. Write it down, print it or take a picture; give it to nobody.
help-lost-code = I lost my code
help-lost-code-answer = The code itself is not kept here, so nobody can find it for you. If you left a name or telephone number, call the hotline to be identified; if you stayed anonymous, report it again and say that you did before.
help-photos = Do photos give away where I am?
help-photos-answer = No. Place, time and device are removed when they arrive; only the picture stays. Up to { $count }, each at most { $size } MB.
help-lost-form = The connection broke while I was writing
help-lost-form-answer = Each time you press “Next” that page is kept on the server, encrypted, for { $hours } hours. Open “Report a problem” in the same browser and choose “Go on”. After closing the browser, or after that time, it is gone.
help-long = How long does it take?
help-long-answer = Every kind and every part has its limit, all written here:
help-not-solved = I was answered, but it is not solved
help-not-solved-answer = Open it with your code and choose “It is not solved”. It cannot be struck off then: it is handled again, and that goes on the unit's record. If it is struck off already, say how it is now and ask for it to be taken up again.
help-who = Will the unit that I complain about see it?
help-who-answer = Units and people that are entered as complained about do not see it and are never given it to handle.
help-proof = How do I know that it was not quietly deleted?
help-proof-answer = Every step is chained to the one before it in a record that cannot be changed. On its page you can download a proof, which anybody with the knowledge can check for you.
help-elsewhere = What can not be reported here?
how-own = What you may do yourself
