package dev.greenroom.config;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// One setting of one command, as its record component describes it.
///
/// @param name the environment variable
/// @param type what its text is read as
/// @param fallback the text that counts when none is given; empty for none
/// @param fallbackAtMost the setting that the fallback never exceeds; empty for none
/// @param meaning one or two sentences
/// @param secret whether it is masked and may be given as a file
/// @param way how it may be given
public record SettingDescription(
        String name,
        Type type,
        String fallback,
        String fallbackAtMost,
        String meaning,
        boolean secret,
        SettingInput way) {

    /// How a setting may be given.
    ///
    /// @param flag another one than follows from the name; empty for that one
    record SettingInput(Setting.Where where, String flag) {}

    /// The flag, for example `--max-queue-size`.
    public String flag() {
        return way.flag().isEmpty() ? flagOf(name) : way.flag();
    }

    /// Whether there is an environment variable for it.
    public boolean hasVariable() {
        return way.where() == Setting.Where.ENVIRONMENT;
    }

    /// Whether it is a word that is no flag.
    public boolean isArgument() {
        return way.where() == Setting.Where.ARGUMENT;
    }

    /// Whether its flag has no value: it is there or not.
    public boolean isSwitch() {
        return way.where() == Setting.Where.FLAG && type == boolean.class;
    }

    /// The variable that names a file with the value; only secrets have one.
    public Optional<String> fileName() {
        return secret ? Optional.of(name + "_FILE") : Optional.empty();
    }

    /// The flag that names a file with the value; only secrets have one.
    public Optional<String> fileFlag() {
        return fileName().map(_ -> flag() + "-file");
    }

    /// A word for the value in `--help`, for example `DURATION` or `json|text`.
    public String valueLabel() {
        return ValueReader.label(type);
    }

    /// Every variable that gives this setting.
    List<String> variables() {
        if (!hasVariable()) {
            return List.of();
        }
        return fileName().map(file -> List.of(name, file)).orElseGet(() -> List.of(name));
    }

    private static String flagOf(String variable) {
        return variable.startsWith("--")
                ? variable
                : "--" + variable.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Settings that belong together.
    ///
    /// @param title the heading over them
    /// @param settings in the order in which they are shown
    public record SectionDescription(String title, List<SettingDescription> settings) {}
}
