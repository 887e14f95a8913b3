-- Gives places up. Arguments: 5 browser, 6.. sessions.
local b = ARGV[5]
despite_full_memory()
learn_rules()
for n = 6, #ARGV do
  if give_up_place(b, ARGV[n]) then freed[b] = true end
end
tell_freed()
return { 1 }
