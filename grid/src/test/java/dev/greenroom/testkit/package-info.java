/// Real neighbours for tests: started for a test, stopped with it, and told to misbehave. Nothing here
/// imitates what could be the real thing, and nothing is skipped: what is missing on a machine fails with a
/// sentence.
@NullMarked
package dev.greenroom.testkit;

import org.jspecify.annotations.NullMarked;
