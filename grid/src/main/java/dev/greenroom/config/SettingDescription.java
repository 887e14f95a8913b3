package dev.greenroom.config;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// One setting of one command, as its record component describes it.
///
/// @param name the environment variable
/// @param type of its value
/// @param fallback the default, as text; empty for none
/// @param fallbackAtMost the setting that limits the default; empty for none
/// @param meaning purpose, unit and bounds
/// @param secret whether it is masked and can be set as a file
/// @param way how it can be set
public record SettingDescription(
        String name,
        Type type,
        String fallback,
        String fallbackAtMost,
        String meaning,
        boolean secret,
        SettingInput way) {

    /// How a setting can be set.
    ///
    /// @param flag if it differs from the one that follows from the name; else empty
    record SettingInput(Setting.Where where, String flag) {}

    /// The flag, for example `--max-queue-size`.
    public String flag() {
        return way.flag().isEmpty() ? flagOf(name) : way.flag();
    }

    /// Whether it has an environment variable.
    public boolean hasVariable() {
        return way.where() == Setting.Where.ENVIRONMENT;
    }

    /// Whether it is a positional argument.
    public boolean isArgument() {
        return way.where() == Setting.Where.ARGUMENT;
    }

    /// Whether its flag has no value.
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

    /// Every environment variable that sets it.
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

    /// The settings under one heading.
    ///
    /// @param title the heading
    /// @param settings in the order in which they are shown
    public record SectionDescription(String title, List<SettingDescription> settings) {}
}
