/// A broken example.
@NullMarked
package dev.greenroom.architecture.broken.proxy.queue;

import org.jspecify.annotations.NullMarked;
