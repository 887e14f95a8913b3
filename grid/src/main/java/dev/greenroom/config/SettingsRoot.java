package dev.greenroom.config;

import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.util.List;

/// All settings of one command. Each component is a record with the settings of one section.
public interface SettingsRoot {

    /// Settings that are valid but questionable.
    List<SettingsFinding> warnings();
}
