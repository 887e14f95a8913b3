/// What the grid knows of this worker. Signs of life go out, orders come in; a registry that does not answer never ends
/// anything here.
@NullMarked
package dev.greenroom.worker.presence;

import org.jspecify.annotations.NullMarked;
