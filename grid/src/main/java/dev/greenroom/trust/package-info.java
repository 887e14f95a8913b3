/// How proxies and workers of one grid prove to each other that they belong to it. Knows no connection: texts come in,
/// texts go out.
@NullMarked
package dev.greenroom.trust;

import org.jspecify.annotations.NullMarked;
