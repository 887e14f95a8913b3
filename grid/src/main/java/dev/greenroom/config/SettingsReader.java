package dev.greenroom.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Reads the settings of a command. Any thread may call it.
public final class SettingsReader {
    private final ValueReader values;
    private final Misspellings misspellings;

    /// @param home what `~` at the beginning of a path stands for
    /// @param known the root records whose variables count as known
    public SettingsReader(Path home, List<? extends Class<? extends SettingsRoot>> known) {
        values = new ValueReader(home);
        misspellings = new Misspellings(known);
    }

    /// Reads, checks, and says everything that is wrong at once. Empty texts count as not given.
    ///
    /// @param environment every variable, also those that are none of ours
    /// @param flags the flags that were given, each keyed by the variable that it stands for
    public <S extends SettingsRoot> Reading<S> read(
            Class<S> root, Map<String, String> environment, Map<String, String> flags) {
        var catalog = Catalog.of(root);
        var given = GivenTexts.of(catalog, environment, flags);
        var draft = new Draft<>(catalog, given, values);
        var result = draft.build();
        if (result.isEmpty()) {
            return new Reading.Invalid<>(
                    draft.problems(), slips(given, environment).toList());
        }
        var settings = result.get();
        var advice = settings.warnings().stream().map(draft::sentence);
        var warnings = Stream.concat(slips(given, environment), advice).toList();
        return new Reading.Valid<>(settings, effective(catalog, draft), warnings);
    }

    private Stream<String> slips(GivenTexts given, Map<String, String> environment) {
        return Stream.concat(given.warnings().stream(), misspellings.among(environment.keySet()).stream());
    }

    private static List<EffectiveSetting> effective(Catalog<?> catalog, Draft<?> draft) {
        return catalog.settings()
                .map(entry -> new EffectiveSetting(entry.name(), draft.shown(entry), draft.source(entry)))
                .toList();
    }
}
