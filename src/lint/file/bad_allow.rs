//! What is wrong with an allowance.

use crate::finding::{Code, Finding, did_you_mean};
use crate::source::Place;

const FORM: &str = "write it like `# windlass: allow[unpinned-image] the tool has no versions`";

/// An allowance that no finding needs.
pub(in crate::lint) fn unused(code: Code, place: Place) -> Finding {
    let message = format!("nothing here is `{code}`");
    Finding::new(Code::UnusedAllow, place, message)
        .help("remove the allowance: it would hide the next one")
}

/// An allowance of a code that does not exist.
pub(in crate::lint) fn unknown(name: &str, place: Place) -> Finding {
    let message = format!("cannot allow `{name}`: no finding has this name");
    let names = Code::ALL.iter().map(|code| code.as_str());
    let meant = did_you_mean(name, names).map(|name| format!("did you mean `{name}`?"));
    let finding = Finding::new(Code::BadAllow, place, message);
    finding.help(meant.unwrap_or_else(|| FORM.to_owned()))
}

/// An allowance without a reason.
pub(in crate::lint) fn without_reason(place: Place) -> Finding {
    Finding::new(Code::BadAllow, place, "this allowance does not say why").help(FORM)
}

/// What begins like an allowance and does not end like one.
pub(in crate::lint) fn unread(place: Place) -> Finding {
    Finding::new(Code::BadAllow, place, "this allowance has no `]`").help(FORM)
}
