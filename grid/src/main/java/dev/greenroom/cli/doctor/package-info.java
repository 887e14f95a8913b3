/// `greenroom doctor`: the production checklist as a program.
///
/// [dev.greenroom.cli.doctor.Facts] are gathered once; each [dev.greenroom.cli.doctor.Check] looks at them and answers
/// findings; [dev.greenroom.cli.doctor.Doctor] runs all checks at once, each within the same deadline. What cannot be
/// looked at from here is said, and is no finding.
///
/// What never happens here: a change of anything, besides a session of its own and a key that is deleted by the script
/// that wrote it; a secret in a finding.
@NullMarked
package dev.greenroom.cli.doctor;

import org.jspecify.annotations.NullMarked;
