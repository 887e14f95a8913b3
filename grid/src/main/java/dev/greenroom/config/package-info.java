/// The settings framework: it turns environment variables and flags into validated records. A setting is
/// described once, at its record component; `--help` and `docs/configuration.md` derive from that
/// description.
@NullMarked
package dev.greenroom.config;

import org.jspecify.annotations.NullMarked;
