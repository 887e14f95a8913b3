/// A broken example.
@NullMarked
package dev.greenroom.architecture.broken.proxy.access;

import org.jspecify.annotations.NullMarked;
