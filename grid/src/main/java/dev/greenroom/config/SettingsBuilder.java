package dev.greenroom.config;

import dev.greenroom.config.RawSettings.RawSetting;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.config.SettingsCatalog.SettingsRoot;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting.SettingSource;
import dev.greenroom.config.SettingsRules.InvalidSettingsException;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.session.SessionLimit;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds the root record of a command. A setting that breaks a rule is replaced by its default, so that
/// the records above it can be built too and all problems are found in one pass.
final class SettingsBuilder<S extends SettingsRoot> {
    private static final int MAX_SHOWN = 200;

    private final SettingsCatalog<S> catalog;
    private final Map<String, SettingDescription> entries;
    private final List<String> order;
    private final RawSettings given;
    private final ValueReader reader;
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, String> fallbacks = new HashMap<>();
    private final List<SettingsFinding> broken = new ArrayList<>();
    private final Set<String> doubtful = new HashSet<>();

    SettingsBuilder(SettingsCatalog<S> catalog, RawSettings given, ValueReader reader) {
        this.catalog = catalog;
        this.given = given;
        this.reader = reader;
        entries = catalog.byName();
        order = catalog.settings().map(SettingDescription::name).toList();
    }

    /// The settings; empty if there are problems.
    Optional<S> build() {
        note(given.problems());
        catalog.settings().forEach(this::readGiven);
        catalog.settings().forEach(this::fillIn);
        var sections = Arrays.stream(catalog.root().getRecordComponents())
                .map(component -> section(component.getType()))
                .toList();
        try {
            var settings = construct(catalog.root(), sections);
            return broken.isEmpty() ? Optional.of(settings) : Optional.empty();
        } catch (InvalidSettingsException rules) {
            note(rules.findings());
            return Optional.empty();
        }
    }

    /// One sentence for each problem, in the order of the catalog.
    List<String> problems() {
        return broken.stream()
                .sorted(Comparator.comparingInt(finding -> order.indexOf(finding.name())))
                .map(this::sentence)
                .toList();
    }

    /// `NAME=value: rule, and what to do`, or `--flag=value: …` for a flag.
    String sentence(SettingsFinding finding) {
        var entry = entry(finding.name());
        var text = given.of(entry.name());
        var variable = text.map(RawSetting::variable).orElse(entry.name());
        var value =
                text.isPresent() && isUnreadFile(finding) ? bounded(text.get().text()) : shown(entry);
        if (source(entry) == SettingSource.FLAG
                && !entry.isArgument()
                && !entry.flag().isEmpty()
                && !value.isEmpty()) {
            return entry.flag() + "=" + value + ": " + finding.words();
        }
        return (value.isEmpty() ? variable : variable + "=" + value) + ": " + finding.words();
    }

    /// The text of a setting, masked if it is secret; empty for none.
    String shown(SettingDescription entry) {
        var text = given.of(entry.name()).map(RawSetting::text).orElseGet(() -> fallback(entry));
        return entry.secret() && !text.isEmpty() ? new Secret(text).toString() : bounded(text);
    }

    SettingSource source(SettingDescription entry) {
        return given.of(entry.name()).map(RawSetting::source).orElse(SettingSource.DEFAULT);
    }

    private void readGiven(SettingDescription entry) {
        var text = given.of(entry.name());
        if (text.isEmpty() || doubtful.contains(entry.name())) {
            return;
        }
        switch (reader.read(entry.type(), text.get().text())) {
            case ValueReader.Accepted(Object value) -> values.put(entry.name(), withFile(value, text.get()));
            case ValueReader.Rejected(String rule) -> note(List.of(new SettingsFinding(List.of(entry.name()), rule)));
        }
    }

    /// Remembers the file of the tokens, since tokens are read again when it changes.
    private static Object withFile(Object value, RawSetting raw) {
        return value instanceof Optional<?> some && some.orElse(null) instanceof AuthTokens tokens
                ? Optional.of(new AuthTokens(tokens.text(), raw.file()))
                : value;
    }

    private void fillIn(SettingDescription entry) {
        if (!entry.fallbackAtMost().isEmpty()) {
            var most = number(values.get(entry.fallbackAtMost()));
            if (most >= 0 && Integer.parseInt(entry.fallback()) > most) {
                fallbacks.put(entry.name(), Integer.toString(most));
            }
        }
        if (!values.containsKey(entry.name())) {
            values.put(entry.name(), fallbackValue(entry));
        }
    }

    /// The number that a setting is set to; -1 if it is not set, or not a number.
    private static int number(@Nullable Object value) {
        if (value instanceof SessionLimit limit) {
            return limit.value();
        }
        return value instanceof Integer number ? number : -1;
    }

    private Object section(Class<?> record) {
        var names = SettingsCatalog.names(record);
        try {
            return construct(record, valuesOf(names));
        } catch (InvalidSettingsException rules) {
            note(rules.findings());
            var involved = rules.findings().stream().flatMap(finding -> finding.names().stream());
            involved.forEach(name -> values.put(name, fallbackValue(entry(name))));
            return construct(record, valuesOf(names));
        }
    }

    /// A finding about a setting that is already known to be wrong may be a consequence, and is not
    /// reported.
    private void note(List<SettingsFinding> findings) {
        var sure = findings.stream().filter(finding -> Collections.disjoint(doubtful, finding.names()));
        broken.addAll(sure.toList());
        findings.forEach(finding -> doubtful.addAll(finding.names()));
    }

    private List<Object> valuesOf(List<String> names) {
        return names.stream()
                .map(name -> Optional.ofNullable(values.get(name)).orElseThrow())
                .toList();
    }

    private Object fallbackValue(SettingDescription entry) {
        var text = fallback(entry);
        if (text.isEmpty()) {
            return ValueReader.absent(entry.type())
                    .orElseThrow(() -> new IllegalStateException(entry.name() + " needs a default"));
        }
        return switch (reader.read(entry.type(), text)) {
            case ValueReader.Accepted(SessionLimit limit) -> SessionLimit.byDefault(limit.value());
            case ValueReader.Accepted(Object value) -> value;
            case ValueReader.Rejected(String rule) ->
                throw new IllegalStateException("the default of " + entry.name() + " " + rule);
        };
    }

    private String fallback(SettingDescription entry) {
        return fallbacks.getOrDefault(entry.name(), entry.fallback());
    }

    private SettingDescription entry(String name) {
        return Optional.ofNullable(entries.get(name))
                .orElseThrow(() -> new IllegalStateException(catalog.root() + " has no setting " + name));
    }

    private boolean isUnreadFile(SettingsFinding finding) {
        return given.problems().contains(finding);
    }

    private static String bounded(String text) {
        var line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
        return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "…";
    }

    private static <R> R construct(Class<R> record, List<Object> arguments) {
        var types = Arrays.stream(record.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return record.getDeclaredConstructor(types).newInstance(arguments.toArray());
        } catch (InvocationTargetException failed) {
            if (failed.getCause() instanceof InvalidSettingsException rules) {
                throw rules;
            }
            throw new IllegalStateException("cannot build " + record, failed.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException("cannot build " + record, impossible);
        }
    }
}
