/// A house that breaks every rule.
@NullMarked
package dev.greenroom.architecture.broken;

import org.jspecify.annotations.NullMarked;
