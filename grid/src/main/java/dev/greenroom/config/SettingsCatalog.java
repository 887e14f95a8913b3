package dev.greenroom.config;

import dev.greenroom.config.Setting.DefaultOverride;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsCatalog.SettingDescription.SectionDescription;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Every setting of one command, derived from its root record. Reading, `--help` and the reference use it.
///
/// @param root the root record
/// @param sections one for each component of the root, in its order
public record SettingsCatalog<S extends SettingsCatalog.SettingsRoot>(
        Class<S> root, List<SectionDescription> sections) {
    private static final ClassValue<List<Component>> COMPONENTS = new ClassValue<>() {
        @Override
        protected List<Component> computeValue(Class<?> record) {
            return Arrays.stream(record.getRecordComponents())
                    .map(Component::of)
                    .toList();
        }
    };

    /// What a component of a section declares. Cached, since reflection is slow.
    private record Component(Setting setting, Type type) {
        static Component of(RecordComponent component) {
            var setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                throw new IllegalStateException(
                        component + " of " + component.getDeclaringRecord() + " lacks @Setting");
            }
            return new Component(setting, component.getGenericType());
        }
    }

    /// Derives the settings from a root record.
    public static <S extends SettingsRoot> SettingsCatalog<S> of(Class<S> root) {
        var fallbacks = Arrays.stream(root.getAnnotationsByType(DefaultOverride.class))
                .collect(Collectors.toMap(DefaultOverride::name, DefaultOverride::value));
        var sections = Arrays.stream(root.getRecordComponents())
                .map(component -> section(component.getType(), fallbacks))
                .toList();
        return new SettingsCatalog<>(root, sections);
    }

    /// Every setting, in the order in which it is shown.
    public Stream<SettingDescription> settings() {
        return sections.stream().flatMap(section -> section.settings().stream());
    }

    Map<String, SettingDescription> byName() {
        return settings().collect(Collectors.toMap(SettingDescription::name, Function.identity()));
    }

    /// The environment variables of all these root records.
    static Stream<String> variables(List<? extends Class<? extends SettingsRoot>> roots) {
        return roots.stream()
                .flatMap(root -> Arrays.stream(root.getRecordComponents()))
                .map(RecordComponent::getType)
                .distinct()
                .flatMap(section -> COMPONENTS.get(section).stream())
                .flatMap(component -> entry(component, Map.of()).variables().stream());
    }

    /// The names of the settings of a section, in its order.
    static List<String> names(Class<?> section) {
        return COMPONENTS.get(section).stream()
                .map(component -> component.setting().name())
                .toList();
    }

    private static SectionDescription section(Class<?> record, Map<String, String> fallbacks) {
        var title = Optional.ofNullable(record.getAnnotation(SettingsSection.class))
                .map(SettingsSection::value)
                .orElseThrow(() -> new IllegalStateException(record + " lacks @SettingsSection"));
        var settings = COMPONENTS.get(record).stream()
                .map(component -> entry(component, fallbacks))
                .toList();
        return new SectionDescription(title, settings);
    }

    private static SettingDescription entry(Component component, Map<String, String> fallbacks) {
        var setting = component.setting();
        return new SettingDescription(
                setting.name(),
                component.type(),
                fallbacks.getOrDefault(setting.name(), setting.fallback()),
                setting.fallbackAtMost(),
                setting.meaning(),
                setting.secret(),
                new SettingDescription.SettingInput(setting.where(), setting.flag()));
    }

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

    /// All settings of one command. Each component is a record with the settings of one section.
    public interface SettingsRoot {

        /// Settings that are valid but questionable.
        List<SettingsFinding> warnings();
    }
}
