package dev.greenroom.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Finds variables that nobody knows but that are nearly ones that somebody does.
final class SpellingCheck {
    private static final int MOST_EDITS = 2;
    private static final int FAMILY_CHARACTERS = 3;

    private final Set<String> known;

    SpellingCheck(List<? extends Class<? extends SettingsRoot>> roots) {
        known = SettingsCatalog.variables(roots).collect(Collectors.toUnmodifiableSet());
    }

    /// A sentence for each, in alphabetical order.
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
