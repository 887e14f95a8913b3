package dev.greenroom.config;

import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.util.List;

/// The record of everything that one command can be told. Each component is a record with the settings of
/// one section.
public interface SettingsRoot {

    /// What is allowed but unwise.
    List<SettingsFinding> warnings();
}
