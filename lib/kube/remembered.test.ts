import { rememberedFor } from './remembered';

test('an object is asked once, whatever it answers', () => {
  const asked: object[] = [];
  const first = rememberedFor((list: readonly string[]) => {
    asked.push(list);
    return list[0];
  });
  const [one, none] = [['a'], []];
  expect([first(one), first(none), first(one), first(none)]).toEqual(['a', undefined, 'a', undefined]);
  expect(asked).toEqual([one, none]);
});
