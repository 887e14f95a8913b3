/// The way to a worker. A lease comes in; an upgraded connection, or why there is none, goes out. Nothing is
/// retried here.
@NullMarked
package dev.greenroom.proxy.backend;

import org.jspecify.annotations.NullMarked;
