package dev.greenroom.config.settings;

import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.util.List;

/// The root record of a command line tool that queries or controls a grid. It has no log, only output.
public sealed interface ToolSettings extends CommandSettings
        permits StatusSettings, StressSettings, DrainCommandSettings, DoctorSettings {

    /// The grid to connect to.
    GridSettings grid();

    @Override
    default List<SettingsFinding> warnings() {
        return List.of();
    }
}
