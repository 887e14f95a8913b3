package dev.greenroom.testkit;

import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.SettingsReader;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.WorkerSections.SessionBudgets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Budgets of sessions, as the settings have them.
public final class Budgets {
    private Budgets() {}

    /// The defaults.
    public static SessionBudgets usual() {
        return with(Map.of());
    }

    /// The defaults, except for these settings.
    public static SessionBudgets with(Map<String, String> settings) {
        var reader = new SettingsReader(Path.of("/"), List.of(UpSettings.class));
        return switch (reader.read(UpSettings.class, settings, Map.of())) {
            case SettingsResult.Valid<UpSettings> valid -> valid.settings().budgets();
            case SettingsResult.Invalid<UpSettings> invalid ->
                throw new IllegalArgumentException(String.join(", ", invalid.problems()));
        };
    }
}
