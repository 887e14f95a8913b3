/// `greenroom drain`: tells a worker, through the API, to finish and exit, and waits for it where that is wanted.
@NullMarked
package dev.greenroom.cli.drain;

import org.jspecify.annotations.NullMarked;
