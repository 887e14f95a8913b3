/// The settings of all commands, and the framework that reads them: it turns environment variables and
/// flags into validated records.
///
/// [dev.greenroom.config.CommandSettings] has a root record for each command; its components are sections,
/// of [dev.greenroom.config.ProxySections], [dev.greenroom.config.WorkerSections] and
/// [dev.greenroom.config.RedisSettings], and theirs are the settings. A setting is described once, at its
/// record component; `--help` and `docs/configuration.md` derive from that description.
@NullMarked
package dev.greenroom.config;

import org.jspecify.annotations.NullMarked;
