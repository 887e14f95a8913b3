/// The driver store: finds the playwright-core package of a version, bundled, stored, or downloaded from an
/// npm registry.
@NullMarked
package dev.greenroom.worker.store;

import org.jspecify.annotations.NullMarked;
