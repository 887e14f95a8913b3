/// TLS for the public port: certificate and key from PEM files, reloaded when they change.
@NullMarked
package dev.greenroom.net.tls;

import org.jspecify.annotations.NullMarked;
