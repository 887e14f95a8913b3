package dev.greenroom.config;

import dev.greenroom.config.SettingsResult.EffectiveSetting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Reads the settings of a command. Any thread may call it.
public final class SettingsReader {
    private final ValueReader values;
    private final SpellingCheck spellingCheck;

    /// @param home what `~` at the beginning of a path stands for
    /// @param known the root records whose variables count as known
    public SettingsReader(Path home, List<? extends Class<? extends SettingsRoot>> known) {
        values = new ValueReader(home);
        spellingCheck = new SpellingCheck(known);
    }

    /// Reads, checks, and says everything that is wrong at once. Empty texts count as not given.
    ///
    /// @param environment every variable, also those that are none of ours
    /// @param flags the flags that were given, each keyed by the variable that it stands for
    public <S extends SettingsRoot> SettingsResult<S> read(
            Class<S> root, Map<String, String> environment, Map<String, String> flags) {
        var catalog = SettingsCatalog.of(root);
        var given = RawSettings.of(catalog, environment, flags);
        var builder = new SettingsBuilder<>(catalog, given, values);
        var result = builder.build();
        if (result.isEmpty()) {
            return new SettingsResult.Invalid<>(
                    builder.problems(), inputWarnings(given, environment).toList());
        }
        var settings = result.get();
        var advice = settings.warnings().stream().map(builder::sentence);
        var warnings = Stream.concat(inputWarnings(given, environment), advice).toList();
        return new SettingsResult.Valid<>(settings, effective(catalog, builder), warnings);
    }

    private Stream<String> inputWarnings(RawSettings given, Map<String, String> environment) {
        return Stream.concat(given.warnings().stream(), spellingCheck.suggestions(environment.keySet()).stream());
    }

    private static List<EffectiveSetting> effective(SettingsCatalog<?> catalog, SettingsBuilder<?> builder) {
        return catalog.settings()
                .map(entry -> new EffectiveSetting(entry.name(), builder.shown(entry), builder.source(entry)))
                .toList();
    }
}
