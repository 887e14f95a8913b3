package dev.greenroom.config.settings;

import dev.greenroom.config.SettingsReader;
import dev.greenroom.config.SettingsRoot;
import java.nio.file.Path;
import java.util.List;

/// The root record of one command.
public sealed interface CommandSettings extends SettingsRoot permits ServiceSettings, ToolSettings {

    /// The root records of all commands.
    static List<Class<? extends CommandSettings>> roots() {
        return List.of(
                UpSettings.class,
                ProxySettings.class,
                WorkerSettings.class,
                StatusSettings.class,
                StressSettings.class,
                DrainCommandSettings.class,
                DoctorSettings.class);
    }

    /// Reads the settings of any command.
    ///
    /// @param home what `~` at the beginning of a path stands for
    static SettingsReader reader(Path home) {
        return new SettingsReader(home, roots());
    }
}
