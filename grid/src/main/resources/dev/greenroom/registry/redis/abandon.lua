-- Gives places up. Arguments: 5.. sessions.
despite_full_memory()
learn_rules()
for n = 5, #ARGV do
  for _, b in ipairs(BROWSERS) do
    if give_up_place(b, ARGV[n]) then freed[b] = true end
  end
end
tell_freed()
return { 1 }
