package dev.greenroom.config;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Every setting of one command, derived from its root record. Reading, `--help` and the reference all walk it.
///
/// @param root the root record
/// @param sections one for each component of the root, in its order
public record Catalog<S extends CommandSettings>(Class<S> root, List<SectionEntry> sections) {

    /// Every command's root record.
    public static List<Class<? extends CommandSettings>> roots() {
        return List.of(
                UpSettings.class,
                ProxySettings.class,
                WorkerSettings.class,
                StatusSettings.class,
                StressSettings.class,
                DrainOrderSettings.class,
                DoctorSettings.class);
    }

    /// Walks a root record.
    public static <S extends CommandSettings> Catalog<S> of(Class<S> root) {
        var sections = Arrays.stream(root.getRecordComponents())
                .map(component -> section(root, component.getType()))
                .toList();
        return new Catalog<>(root, sections);
    }

    /// Every setting, in the order in which it is shown.
    public Stream<SettingEntry> settings() {
        return sections.stream().flatMap(section -> section.settings().stream());
    }

    Map<String, SettingEntry> byName() {
        return settings().collect(Collectors.toMap(SettingEntry::name, Function.identity()));
    }

    private static SectionEntry section(Class<?> root, Class<?> record) {
        var title = Optional.ofNullable(record.getAnnotation(Section.class))
                .map(Section::value)
                .orElseThrow(() -> new IllegalStateException(record + " lacks @Section"));
        var settings = Arrays.stream(record.getRecordComponents())
                .map(component -> entry(root, component))
                .toList();
        return new SectionEntry(title, settings);
    }

    private static SettingEntry entry(Class<?> root, RecordComponent component) {
        var setting = component.getAnnotation(Setting.class);
        if (setting == null) {
            throw new IllegalStateException(component + " of " + component.getDeclaringRecord() + " lacks @Setting");
        }
        var fallback = Arrays.stream(root.getAnnotationsByType(Fallback.class))
                .filter(other -> other.name().equals(setting.name()))
                .map(Fallback::value)
                .findFirst()
                .orElse(setting.fallback());
        return new SettingEntry(
                setting.name(),
                component.getGenericType(),
                fallback,
                setting.fallbackAtMost(),
                setting.meaning(),
                setting.secret(),
                new SettingEntry.Way(setting.where(), setting.flag()));
    }
}
