/// The settings framework: environment variables and flags come in, validated records go out. A setting is
/// described once, at its record component; reading, `--help` and `docs/configuration.md` all derive from
/// that description.
@NullMarked
package dev.greenroom.config;

import org.jspecify.annotations.NullMarked;
