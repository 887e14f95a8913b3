package dev.greenroom.config;

import dev.greenroom.config.SettingsCatalog.SettingsRoot;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads the settings of a command. Any thread may call it.
public final class SettingsReader {
    private final ValueReader values;
    private final SpellingCheck spelling;

    /// @param home what `~` at the beginning of a path stands for
    /// @param known the root records whose variables are known
    public SettingsReader(Path home, List<? extends Class<? extends SettingsRoot>> known) {
        values = new ValueReader(home);
        spelling = new SpellingCheck(known);
    }

    /// Reads and checks the settings, and reports all problems at once. Empty texts count as not set.
    ///
    /// @param environment every environment variable, unrelated ones included
    /// @param flags keyed by the environment variable of each flag
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
        return Stream.concat(given.warnings().stream(), spelling.suggestions(environment.keySet()).stream());
    }

    private static List<EffectiveSetting> effective(SettingsCatalog<?> catalog, SettingsBuilder<?> builder) {
        return catalog.settings()
                .map(entry -> new EffectiveSetting(entry.name(), builder.shown(entry), builder.source(entry)))
                .toList();
    }

    /// Finds unknown variables with nearly the name of a setting.
    private static final class SpellingCheck {
        private static final int MOST_EDITS = 2;
        private static final int FAMILY_CHARACTERS = 3;

        private final Set<String> known;

        SpellingCheck(List<? extends Class<? extends SettingsRoot>> roots) {
            known = SettingsCatalog.variables(roots).collect(Collectors.toUnmodifiableSet());
        }

        /// One sentence per variable, in alphabetical order.
        List<String> suggestions(Collection<String> variables) {
            return variables.stream()
                    .filter(variable -> !known.contains(variable))
                    .sorted()
                    .flatMap(variable -> meant(variable).map(name -> warning(variable, name)).stream())
                    .toList();
        }

        private Optional<String> meant(String variable) {
            return known.stream()
                    .filter(name -> sameFamily(name, variable) && edits(name, variable) <= MOST_EDITS)
                    .min(Comparator.<String>comparingInt(name -> edits(name, variable))
                            .thenComparing(Comparator.naturalOrder()));
        }

        private static String warning(String variable, String name) {
            return variable + ": no setting has this name, did you mean " + name + "?";
        }

        private static boolean sameFamily(String name, String variable) {
            return variable.regionMatches(0, name, 0, FAMILY_CHARACTERS)
                    && Math.abs(name.length() - variable.length()) <= MOST_EDITS;
        }

        /// The number of characters to insert, delete or replace (Levenshtein).
        private static int edits(String left, String right) {
            var previous = new int[right.length() + 1];
            for (var column = 0; column <= right.length(); column++) {
                previous[column] = column;
            }
            for (var row = 1; row <= left.length(); row++) {
                var current = new int[right.length() + 1];
                current[0] = row;
                for (var column = 1; column <= right.length(); column++) {
                    var replaced = previous[column - 1] + (left.charAt(row - 1) == right.charAt(column - 1) ? 0 : 1);
                    current[column] = Math.min(replaced, Math.min(previous[column], current[column - 1]) + 1);
                }
                previous = current;
            }
            return previous[right.length()];
        }
    }

    /// The result of reading the settings of a command.
    public sealed interface SettingsResult<S extends SettingsRoot> {

        /// One sentence each: values that are valid but questionable, and probable typing errors.
        List<String> warnings();

        /// All settings are valid.
        ///
        /// @param effective every setting, in the order of the catalog
        record Valid<S extends SettingsRoot>(S settings, List<EffectiveSetting> effective, List<String> warnings)
                implements SettingsResult<S> {}

        /// A setting is invalid; the command must not start.
        ///
        /// @param problems all of them, each `NAME=value: rule, and what to do`
        record Invalid<S extends SettingsRoot>(List<String> problems, List<String> warnings)
                implements SettingsResult<S> {}

        /// The effective value of a setting, for display.
        ///
        /// @param name the environment variable
        /// @param value its text; masked if secret; empty for none
        /// @param source where the value comes from
        public record EffectiveSetting(String name, String value, SettingSource source) {

            /// Where a value comes from.
            public enum SettingSource {
                DEFAULT,
                ENVIRONMENT,
                FLAG,
                FILE
            }
        }
    }
}
