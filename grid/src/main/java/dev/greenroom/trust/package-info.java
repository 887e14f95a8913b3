/// How proxies and workers prove to each other that they know `WORKER_SECRET`. Text comes in, text goes
/// out.
@NullMarked
package dev.greenroom.trust;

import org.jspecify.annotations.NullMarked;
