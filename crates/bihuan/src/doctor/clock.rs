//! Clocks: deadlines are counted in this machine's time, and the log is written in it.

use jiff::{SignedDuration, Timestamp};

use super::finding::Area::Clock;
use super::finding::{Finding, both};

/// How far two clocks may differ before it is mentioned, and before it must not go on.
const SKEW: (SignedDuration, SignedDuration) = (SignedDuration::from_secs(1), SignedDuration::from_secs(60));

/// Judges how far the database's clock is ahead of this machine's.
pub fn judge_skew(ahead: SignedDuration) -> Finding {
    let seconds = ahead.as_secs_f64();
    let said = both(
        format!("数据库的时钟与本机相差 {seconds:.1} 秒"),
        format!("the database's clock is {seconds:+.1} s from this machine's"),
    );
    let todo = both(
        "让所有机器用同一个时间源对时（chrony）",
        "let all machines keep the time of one source (chrony)",
    );
    if ahead.abs() > SKEW.1 {
        Clock.refuse(said, todo)
    } else if ahead.abs() > SKEW.0 {
        Clock.warn(said, todo)
    } else {
        Clock.ok(said)
    }
}

/// Judges this machine's clock by when the last event was written.
pub fn judge_log(last: Timestamp, now: Timestamp) -> Finding {
    let ahead = last.duration_since(now);
    if ahead <= SKEW.0 {
        return Clock.ok(both(
            "本机时钟不早于日志",
            "this machine's clock is not behind the log",
        ));
    }
    Clock.refuse(
        both(
            format!("日志的最后一条写于 {last}，本机现在是 {now}：时钟被拨回过"),
            format!("the last event was written at {last}, and here it is {now}: a clock went back"),
        ),
        both(
            "先把时钟对准再继续：期限会算错，事件的时间会倒退",
            "set the clock right before going on: deadlines come out wrong, and events go back in time",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Grade;
    use super::*;

    #[test]
    fn clocks_may_differ_by_a_second_and_not_by_an_hour_either_way() {
        let grade = |seconds| judge_skew(SignedDuration::from_secs(seconds)).grade;
        assert_eq!((grade(0), grade(1)), (Grade::Ok, Grade::Ok));
        assert_eq!((grade(5), grade(-5)), (Grade::Warn, Grade::Warn));
        assert_eq!((grade(3_600), grade(-3_600)), (Grade::Refuse, Grade::Refuse));
    }

    #[test]
    fn a_log_that_ends_in_the_future_is_refused() {
        let now: Timestamp = "2026-03-02T02:00:00Z".parse().unwrap();
        assert_eq!(judge_log(now, now).grade, Grade::Ok);
        let later = now + SignedDuration::from_hours(1);
        assert_eq!(judge_log(later, now).grade, Grade::Refuse);
    }
}
