/// All settings of all commands. Each command has a root record; its components are sections, and theirs
/// are the settings.
@NullMarked
package dev.greenroom.config.settings;

import org.jspecify.annotations.NullMarked;
