/// Fakes with behaviour and bridges to real programs, shared by tests.
@NullMarked
package dev.greenroom.testkit;

import org.jspecify.annotations.NullMarked;
