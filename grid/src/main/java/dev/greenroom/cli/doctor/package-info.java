/// `greenroom doctor`: the production checklist as a program.
///
/// [dev.greenroom.cli.doctor.DoctorFacts] are collected once. Each [dev.greenroom.cli.doctor.DoctorCheck]
/// examines them and returns findings. [dev.greenroom.cli.doctor.DoctorTool] runs all checks concurrently,
/// each with the same deadline. A check that cannot run from here is reported as skipped.
///
/// The doctor changes nothing, except for one session of its own and one key that the same script deletes
/// again. No secret appears in a finding.
@NullMarked
package dev.greenroom.cli.doctor;

import org.jspecify.annotations.NullMarked;
