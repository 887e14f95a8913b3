package dev.greenroom.config.settings;

import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.util.List;

/// The root record of a command that looks at a grid, or tells it something, for the person who called it.
/// It has no log: what it has to say is its output.
public sealed interface ToolSettings extends CommandSettings
        permits StatusSettings, StressSettings, DrainCommandSettings, DoctorSettings {

    /// Where the grid is.
    GridSettings grid();

    @Override
    default List<SettingsFinding> warnings() {
        return List.of();
    }
}
