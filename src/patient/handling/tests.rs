use super::*;
use rstest::rstest;

const RULES: CallRules = CallRules { limit_ms: 900, steps_max: 2, backlog_ms: 5000 };

fn heard(id: u128, act: AckAct, seen: i32) -> ActHeard<'static> {
    let until = (act == AckAct::Snooze).then_some(Millis(500));
    ActHeard { id, seen, act, actor: "A", to: (act == AckAct::Assign).then_some("B"), until, at: Millis(100) }
}

fn raised() -> Handling {
    let mut handling = Handling::raised(Concern::VodSos, 1);
    handling.call(&RULES, Millis(0), None);
    handling
}

/// One that stands so after its second revision.
fn standing(stand: Stand) -> Handling {
    let mut handling = raised();
    let act = match stand {
        Stand::Open => AckAct::Comment,
        Stand::Acknowledged => AckAct::Acknowledge,
        Stand::Snoozed => AckAct::Snooze,
        Stand::Dismissed => AckAct::Dismiss,
    };
    assert_eq!(handling.hear(&heard(1, act, 1), 1, vec!["x".into()]), ActTaken::Accepted(None));
    assert_eq!(handling.stand(), stand);
    handling
}

#[rstest]
fn every_act_on_every_standing(
    #[values(Stand::Open, Stand::Acknowledged, Stand::Snoozed, Stand::Dismissed)] before: Stand,
    #[values(AckAct::Acknowledge, AckAct::Assign, AckAct::Comment, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo)]
    act: AckAct,
) {
    let mut handling = standing(before);
    let taken = handling.hear(&heard(2, act, 2), 2, Vec::new());
    let (after, owner) = match act {
        AckAct::Acknowledge => (Stand::Acknowledged, None),
        AckAct::Assign => (before, Some("B")),
        AckAct::Comment => (before, None),
        AckAct::Dismiss => (Stand::Dismissed, None),
        AckAct::Snooze => (Stand::Snoozed, None),
        AckAct::Undo => (Stand::Open, None),
    };
    assert_eq!(taken, ActTaken::Accepted((act == AckAct::Undo).then_some(1)));
    assert_eq!((handling.stand(), handling.standing().unwrap().owner.as_deref()), (after, owner));
    // And taken back, it stands as before; an undo has nothing left to take back.
    let undone = handling.hear(&heard(3, AckAct::Undo, 3), 3, Vec::new());
    if act == AckAct::Undo {
        assert_eq!(undone, ActTaken::Void(VoidWhy::NothingToUndo));
    } else {
        assert_eq!((undone, handling.stand()), (ActTaken::Accepted(Some(2)), before));
    }
    assert_eq!(Handling::of_state(&handling.to_state()), Ok(handling));
}

#[rstest]
fn every_act_that_saw_less_than_a_worsening_is_void(
    #[values(Stand::Open, Stand::Acknowledged, Stand::Snoozed, Stand::Dismissed)] before: Stand,
    #[values(AckAct::Acknowledge, AckAct::Assign, AckAct::Comment, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo)]
    act: AckAct,
) {
    let mut handling = standing(before);
    handling.worsened(3);
    assert_eq!(handling.stand(), Stand::Open);
    assert_eq!(handling.hear(&heard(2, act, 2), 3, Vec::new()), ActTaken::Void(VoidWhy::Worsened));
    assert_eq!(handling.stand(), Stand::Open);
    assert_eq!(handling.standing().unwrap().owner, None);
}

#[test]
fn a_dismissal_alone_must_have_seen_what_is_new() {
    let mut handling = raised();
    handling.news = 2;
    assert_eq!(handling.hear(&heard(1, AckAct::Dismiss, 1), 2, Vec::new()), ActTaken::Void(VoidWhy::NewItem));
    assert_eq!(handling.hear(&heard(2, AckAct::Acknowledge, 1), 3, Vec::new()), ActTaken::Accepted(None));
    assert_eq!(handling.hear(&heard(3, AckAct::Dismiss, 2), 4, Vec::new()), ActTaken::Accepted(None));
}

#[test]
fn undo_walks_back_and_stops_at_a_worsening() {
    let mut handling = standing(Stand::Acknowledged);
    handling.hear(&heard(2, AckAct::Snooze, 2), 2, Vec::new());
    assert_eq!(handling.hear(&heard(3, AckAct::Undo, 2), 3, Vec::new()), ActTaken::Void(VoidWhy::ActedSince));
    assert_eq!(handling.hear(&heard(4, AckAct::Undo, 4), 4, Vec::new()), ActTaken::Accepted(Some(2)));
    assert_eq!(handling.stand(), Stand::Acknowledged);
    assert_eq!(handling.hear(&heard(5, AckAct::Undo, 5), 5, Vec::new()), ActTaken::Accepted(Some(1)));
    assert_eq!(handling.stand(), Stand::Open);
    let mut handling = standing(Stand::Acknowledged);
    handling.worsened(3);
    assert_eq!(handling.hear(&heard(6, AckAct::Undo, 3), 3, Vec::new()), ActTaken::Void(VoidWhy::NothingToUndo));
}

#[test]
fn a_snooze_is_over_at_its_end_and_a_call_is_repeated_so_often() {
    let mut handling = standing(Stand::Snoozed);
    assert_eq!(handling.due(&RULES), Some(Millis(500)));
    assert_eq!(handling.tick(&RULES, Millis(499), Some(Millis(400))), Ticked::Nothing);
    assert_eq!(handling.tick(&RULES, Millis(500), Some(Millis(499))), Ticked::Expired);
    assert_eq!(handling.stand(), Stand::Open);
    handling.call(&RULES, Millis(500), Some(Millis(500)));
    for (at, said) in [
        (1399, Ticked::Nothing),
        (1400, Ticked::Escalated),
        (2299, Ticked::Nothing),
        (2300, Ticked::Escalated),
        (9000, Ticked::Nothing),
    ] {
        assert_eq!(handling.tick(&RULES, Millis(at), Some(Millis(at - 1))), said, "{at}");
    }
    assert_eq!(handling.due(&RULES), None);
}

#[test]
fn a_call_counts_from_the_first_tick_after_it_and_history_is_none() {
    let mut handling = raised();
    assert_eq!(handling.tick(&RULES, Millis(1000), None), Ticked::Nothing);
    assert_eq!(handling.due(&RULES), Some(Millis(1900)));
    let mut handling = raised();
    assert_eq!(handling.tick(&RULES, Millis(5001), None), Ticked::Nothing);
    assert_eq!(handling.due(&RULES), None);
    let mut handling = Handling::raised(Concern::VodSos, 1);
    handling.call(&RULES, Millis(0), Some(Millis(5001)));
    assert_eq!(handling.due(&RULES), None);
    handling.call(&CallRules { steps_max: 0, ..RULES }, Millis(0), None);
    assert_eq!(handling.due(&RULES), None, "turned off");
}
