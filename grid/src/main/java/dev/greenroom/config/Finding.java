package dev.greenroom.config;

import java.util.List;

/// A rule that settings break, or a piece of advice that they do not follow.
///
/// @param names the settings that it is about; the first is the one that is shown with its value
/// @param words the rule, and what to do
public record Finding(List<String> names, String words) {
    public Finding {
        names = List.copyOf(names);
    }

    /// The setting that it is mainly about.
    public String name() {
        return names.getFirst();
    }

    @Override
    public String toString() {
        return name() + ": " + words;
    }
}
